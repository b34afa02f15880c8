// What LibreChat's server asks of ASSISTANTS_BASE_URL (its guide ends it with a slash), with the SDK it uses: the
// assistant builder, the chat with its own handling of each event, files, the stop button, errors it reads the text of.

import assert from "node:assert/strict";
import OpenAI, { toFile } from "openai";

const baseURL = process.env.ASSISTANTS_BASE_URL;
assert.ok(baseURL.endsWith("/"));
const openai = new OpenAI({
  apiKey: process.env.ASSISTANTS_API_KEY,
  baseURL,
  defaultHeaders: { "OpenAI-Beta": "assistants=v2" },
});
const { threads } = openai.beta;

// --- the builder -----------------------------------------------------------------------------------------------

const action = {
  type: "function",
  function: {
    name: "get_price_action_c2hvcC5leGFtcGxl",
    description: "The price of an item.",
    strict: true,
    parameters: {
      type: "object",
      properties: { item: { type: "string" } },
      required: ["item"],
      additionalProperties: false,
    },
  },
};
const created = await openai.beta.assistants.create({
  name: "Shop",
  description: "",
  instructions: "Help.",
  model: "gpt-4o",
  tools: [action, { type: "code_interpreter" }, { type: "file_search" }],
  metadata: { author: "65f0c1", endpoint: "assistants" },
});
const table = await openai.files.create({
  file: await toFile(Buffer.from("item,price\nlamp,30\n"), "가격.csv"),
  purpose: "assistants",
});
const updated = await openai.beta.assistants.update(created.id, {
  tools: created.tools,
  tool_resources: { code_interpreter: { file_ids: [table.id] }, file_search: { vector_store_ids: [] } },
});
assert.equal(updated.tools[0].function.strict, true);
assert.deepEqual(updated.tool_resources.code_interpreter.file_ids, [table.id]);

const listed = [];
for (let after, more = true; more; ) {
  const page = await openai.beta.assistants.list({ limit: 100, order: "desc", after });
  listed.push(...page.data);
  more = page.body?.has_more ?? page.has_more;
  after = listed.at(-1)?.id;
}
assert.deepEqual(listed.map((one) => one.id), [created.id]);

// --- the chat --------------------------------------------------------------------------------------------------

class Chat {
  text = "";
  content = new Map(); // what the page shows, by step
  progress = new Map(); // callbacks by message id: missing before the first delta, LibreChat fails
  calls = new Map();

  async follow(stream) {
    for await (const event of stream) await this.take(event);
    return this;
  }

  async take({ event, data }) {
    if (event.startsWith("thread.run.") && !event.startsWith("thread.run.step.")) this.run = data;
    if (event === "thread.run.step.created" && data.type === "message_creation")
      this.progress.set(data.step_details.message_creation.message_id, (text) => (this.text += text));
    if (event === "thread.run.step.created" && data.type === "tool_calls")
      data.step_details.tool_calls.forEach((call, index) => this.newCall(data.id, { ...call, index }));
    if (event === "thread.run.step.delta") this.stepDelta(data);
    if (event === "thread.message.delta") {
      const part = data.delta.content?.[0];
      if (part?.type === "text") this.progress.get(data.id)(part.text.value);
    }
    if (event === "thread.message.completed") this.message = data;
    if (event === "thread.run.requires_action") await this.act(data);
  }

  key = (step, call) => `${step}_tool_call_${call.index}_${call.type}`;

  newCall(step, call) {
    this.calls.set(this.key(step, call), call);
  }

  stepDelta({ id, delta }) {
    for (const call of delta.step_details.tool_calls) {
      const known = this.calls.get(this.key(id, call));
      if (!known) {
        this.newCall(id, call);
        continue;
      }
      for (const [name, value] of Object.entries(call[call.type])) {
        assert.ok(Object.hasOwn(known[call.type], name), `${name} was not in the first delta of ${call.type}`);
        if (Array.isArray(value)) for (const one of value) assert.ok(Object.hasOwn(one, "index"));
        else if (typeof value === "string") known[call.type][name] += value;
      }
    }
  }

  async act(run) {
    const outputs = run.required_action.submit_tool_outputs.tool_calls.map((call) => {
      assert.equal(call.function.name, action.function.name);
      assert.deepEqual(JSON.parse(call.function.arguments), { item: "lamp" });
      return { tool_call_id: call.id, output: '{"price": 30}' };
    });
    // Opened while the first stream is still being read.
    await this.follow(
      threads.runs.submitToolOutputsStream(run.id, { thread_id: run.thread_id, tool_outputs: outputs, stream: true }),
    );
  }
}

const body = { assistant_id: created.id, model: "gpt-4o", additional_instructions: "The time is 9:30." };
const thread = await threads.create({
  messages: [{ role: "user", content: [{ type: "text", text: "What does a lamp cost?" }], metadata: { messageId: "m1" } }],
  metadata: { user: "65f0c1", conversationId: "c1" },
});
let chat = await new Chat().follow(threads.runs.stream(thread.id, body));
assert.equal(chat.text, "A lamp costs 30.");
assert.equal(chat.run.status, "completed");
assert.ok(chat.run.usage.total_tokens > 0);

// Files with a message go to both hosted tools, pictures are parts of it too.
const notes = await openai.files.create({
  file: await toFile(Buffer.from("# Notes\n\nThe shop opens at half past nine.\n"), "notes.md"),
  purpose: "assistants",
});
const picture = await openai.files.create({
  file: await toFile(
    Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64"),
    "dot.png",
  ),
  purpose: "vision",
});
const both = [{ type: "code_interpreter" }, { type: "file_search" }];
await threads.messages.create(thread.id, {
  role: "user",
  content: [
    { type: "text", text: "When does the shop open? Make a file of it." },
    { type: "image_file", image_file: { file_id: picture.id } },
  ],
  attachments: [
    { file_id: notes.id, tools: both },
    { file_id: picture.id, tools: both.slice(0, 1) },
  ],
  metadata: { messageId: "m2" },
});
chat = await new Chat().follow(threads.runs.stream(thread.id, body));
assert.equal(chat.text, "At half past nine.【0:0†notes.md】 [file](sandbox:/mnt/data/opens.txt)");
const [citation, path] = chat.message.content[0].text.annotations;
assert.equal(citation.file_citation.file_id, notes.id);
const made = await openai.files.retrieve(path.file_path.file_id);
assert.equal(await (await openai.files.content(made.id)).text(), "9:30");
const kinds = [...chat.calls.values()].map((call) => call.type);
assert.deepEqual(kinds, ["file_search", "code_interpreter"]);

// Afterwards: its own ids into the messages, the steps of the run, and the run by a plain GET under v1's header.
await threads.messages.update(chat.message.id, { thread_id: thread.id, metadata: { messageId: "r2" } });
const messages = await threads.messages.list(thread.id, { order: "asc", limit: 100 });
assert.deepEqual(messages.data.map((one) => one.metadata.messageId), ["m1", undefined, "m2", "r2"]);
const steps = await threads.runs.steps.list(chat.run.id, { thread_id: thread.id });
assert.equal(steps.data.length, 3);
const plain = await fetch(`${baseURL}/threads/${thread.id}/runs/${chat.run.id}`, {
  headers: { Authorization: `Bearer ${openai.apiKey}`, "OpenAI-Beta": "assistants=v1" },
});
assert.equal((await plain.json()).status, "completed");

// --- the stop button, and errors ---------------------------------------------------------------------------------

const waiting = await threads.runs.createAndPoll(thread.id, body, { pollIntervalMs: 50 });
assert.equal(waiting.status, "requires_action");
assert.match((await threads.runs.cancel(waiting.id, { thread_id: thread.id })).status, /^cancell/);
await threads.messages.create(thread.id, { role: "user", content: "Go on." });

await assert.rejects(
  threads.messages.create(thread.id, {
    role: "user",
    content: "x",
    attachments: [{ file_id: "file-gone", tools: both.slice(0, 1) }],
  }),
  /Files.*are invalid/,
);
await assert.rejects(
  threads.messages.create(thread.id, { role: "user", content: "x".repeat(256_001) }),
  /string too long/,
);
await openai.files.delete(table.id);
await openai.beta.assistants.delete(created.id);
console.log("done");
