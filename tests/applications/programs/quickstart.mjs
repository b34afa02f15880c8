// The calls of openai-assistants-quickstart: its API routes, and its page, which reads their streams from a response.

import assert from "node:assert/strict";
import OpenAI, { toFile } from "openai";
import { AssistantStream } from "openai/lib/AssistantStream";

const openai = new OpenAI();
const stores = openai.beta.vectorStores;

const { id: assistantId } = await openai.beta.assistants.create({
  name: "Quickstart Assistant",
  instructions: "You are a helpful assistant.",
  model: "gpt-4o",
  tools: [
    { type: "code_interpreter" },
    { type: "file_search" },
    {
      type: "function",
      function: {
        name: "get_weather",
        description: "The weather of a place.",
        parameters: {
          type: "object",
          properties: { location: { type: "string" }, unit: { type: "string", enum: ["c", "f"] } },
          required: ["location"],
        },
      },
    },
  ],
});

// --- the routes ------------------------------------------------------------------------------------------------

async function postMessage(threadId, content) {
  await openai.beta.threads.messages.create(threadId, { role: "user", content });
  const stream = openai.beta.threads.runs.stream(threadId, { assistant_id: assistantId });
  return new Response(stream.toReadableStream());
}

async function postActions(threadId, runId, outputs) {
  const stream = openai.beta.threads.runs.submitToolOutputsStream(threadId, runId, { tool_outputs: outputs });
  return new Response(stream.toReadableStream());
}

async function vectorStore() {
  const assistant = await openai.beta.assistants.retrieve(assistantId);
  if (assistant.tool_resources?.file_search?.vector_store_ids?.length > 0)
    return assistant.tool_resources.file_search.vector_store_ids[0];
  const store = await stores.create({ name: "sample-assistant-vector-store" });
  await openai.beta.assistants.update(assistantId, {
    tool_resources: { file_search: { vector_store_ids: [store.id] } },
  });
  return store.id;
}

async function listFiles() {
  const storeId = await vectorStore();
  const page = await stores.files.list(storeId);
  return Promise.all(
    page.data.map(async (file) => ({
      file_id: file.id,
      filename: (await openai.files.retrieve(file.id)).filename,
      status: (await stores.files.retrieve(storeId, file.id)).status,
    })),
  );
}

// --- the page --------------------------------------------------------------------------------------------------

async function read(threadId, response, shown) {
  const stream = AssistantStream.fromReadableStream(response.body);
  let next;
  stream.on("textCreated", () => shown.push({ role: "assistant", text: "" }));
  stream.on("textDelta", (delta) => {
    if (delta.value != null) shown.at(-1).text += delta.value;
    if (delta.annotations != null)
      for (const annotation of delta.annotations)
        if (annotation.type === "file_path") shown.at(-1).file = annotation.file_path.file_id;
  });
  stream.on("imageFileDone", (image) => (shown.at(-1).picture = image.file_id));
  stream.on("toolCallCreated", (call) => call.type === "code_interpreter" && shown.push({ role: "code", text: "" }));
  stream.on("toolCallDelta", (delta) => {
    if (delta.type !== "code_interpreter") return;
    if (!delta.code_interpreter.input) return;
    shown.at(-1).text += delta.code_interpreter.input;
  });
  stream.on("event", (event) => {
    if (event.event !== "thread.run.requires_action") return;
    const { id, required_action } = event.data;
    const outputs = required_action.submit_tool_outputs.tool_calls.map((call) => ({
      tool_call_id: call.id,
      output: JSON.stringify({ place: JSON.parse(call.function.arguments).location, temperature: 21 }),
    }));
    next = postActions(threadId, id, outputs).then((answer) => read(threadId, answer, shown));
  });
  await stream.done();
  await next;
  return shown;
}

async function ask(threadId, content) {
  return read(threadId, await postMessage(threadId, content), []);
}

const thread = await openai.beta.threads.create();

assert.deepEqual(await ask(thread.id, "Weather in Oslo?"), [
  { role: "assistant", text: "It is 21 degrees in Oslo." },
]);

const [code, answer] = await ask(thread.id, "Draw a line and save a file.");
assert.equal(code.role, "code");
assert.match(code.text, /plt\.plot/);
const png = Buffer.from(await (await openai.files.content(answer.picture)).arrayBuffer());
assert.equal(png.subarray(1, 4).toString(), "PNG");
const saved = await (await openai.files.content(answer.file)).text();
assert.equal(saved, "42");

const file = await openai.files.create({
  file: await toFile(Buffer.from("# Notes\n\nThe shop opens at half past nine.\n"), "안내.md"),
  purpose: "assistants",
});
await stores.files.create(await vectorStore(), { file_id: file.id });
let listed = await listFiles();
for (let i = 0; i < 200 && listed[0].status === "in_progress"; i++) {
  await new Promise((done) => setTimeout(done, 50));
  listed = await listFiles();
}
assert.deepEqual(listed, [{ file_id: file.id, filename: "안내.md", status: "completed" }]);
assert.deepEqual(await ask(thread.id, "When does the shop open?"), [
  { role: "assistant", text: "At half past nine.【0:0†안내.md】" },
]);
await stores.files.del(await vectorStore(), file.id);
assert.deepEqual(await listFiles(), []);
console.log("done");
