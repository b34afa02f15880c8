// Drives a server with openai-node, whichever version the directory of packages holds.
// Reads {packages, url, locked_url, wrong_key, words} as JSON; prints a line of JSON for each scenario it has for this version.
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const asked = JSON.parse(await readAll(process.stdin));
const sdk = await import(pathToFileURL(join(asked.packages, "openai", "index.mjs")));
const { VERSION } = await import(pathToFileURL(join(asked.packages, "openai", "version.mjs")));
const OpenAI = sdk.default;
const options = { maxRetries: 0, timeout: 100_000 };
const client = new OpenAI({ ...options, baseURL: asked.url, apiKey: "none" });
const outsider = new OpenAI({ ...options, baseURL: asked.locked_url, apiKey: asked.wrong_key });
const version = VERSION.split(".").map(Number);
const isV1 = version[0] === 4 && version[1] <= 36;
const nested = version[0] >= 5; // ids above the last one are named parameters since 5
const threads = client.beta.threads;
const { words } = asked;

async function readAll(stream) {
  let text = "";
  for await (const piece of stream) text += piece;
  return text;
}

/** Calls a method of an object below another one, in the order of arguments of this version. */
function below(resource, method, parent, id, body = {}) {
  const parents = typeof parent === "string" ? { thread_id: parent } : parent;
  return nested ? resource[method](id, { ...parents, ...body }) : resource[method](...Object.values(parents), id, body);
}

const remove = (resource, ...ids) => (resource.delete ?? resource.del).call(resource, ...ids);
const poll = (run) => below(threads.runs, "poll", run.thread_id, run.id, { pollIntervalMs: 20 });
const submit = (method, run, outputs) =>
  below(threads.runs, method, run.thread_id, run.id, {
    tool_outputs: run.required_action.submit_tool_outputs.tool_calls.map((call, i) => ({
      tool_call_id: call.id,
      output: outputs[i],
    })),
  });
const newThread = async (text = "hi") => (await threads.create({ messages: [{ role: "user", content: text }] })).id;
const newAssistant = async (model, settings = {}) => (await client.beta.assistants.create({ model, ...settings })).id;
const upload = async ([name, text], purpose = "assistants") =>
  (await client.files.create({ file: await sdk.toFile(Buffer.from(text), name), purpose })).id;
const newest = async (threadId) => (await threads.messages.list(threadId)).data[0];
const contentOf = async (fileId) => Buffer.from(await (await client.files.content(fileId)).arrayBuffer());

async function finished(threadId, assistantId, body = {}) {
  const run = await threads.runs.createAndPoll(threadId, { assistant_id: assistantId, ...body }, { pollIntervalMs: 20 });
  return run;
}

async function refusal(call, kind) {
  try {
    await call();
  } catch (error) {
    assert.equal(error.constructor, kind, String(error));
    assert.equal(typeof error.error.message, "string");
    return error;
  }
  throw new Error("the request was accepted");
}

const scenarios = {
  async RUNS() {
    const assistant = await newAssistant(words.plain);
    const thread = await threads.create();
    const message = await threads.messages.create(thread.id, { role: "user", content: "안녕 ☀", metadata: { k: "v" } });
    assert.equal(message.content[0].text.value, "안녕 ☀");
    const started = await threads.runs.create(thread.id, { assistant_id: assistant });
    assert.ok(["queued", "in_progress"].includes(started.status));
    assert.equal(started.expires_at, started.created_at + 600);
    const run = await poll(started);
    assert.equal(run.status, "completed");
    const texts = (await threads.messages.list(thread.id, { order: "asc" })).data.map((m) => m.content[0].text.value);
    assert.deepEqual(texts, ["안녕 ☀", words.plain_text]);
    const steps = (await below(threads.runs.steps, "list", thread.id, run.id)).data;
    assert.deepEqual(steps.map((step) => [step.type, step.status]), [["message_creation", "completed"]]);
    const once = await threads.createAndRunPoll({ assistant_id: assistant, thread: { messages: [{ role: "user", content: "hi" }] } });
    assert.equal(once.status, "completed");
  },

  async STREAMS() {
    const seen = [];
    const body = { assistant_id: await newAssistant(words.plain) };
    const stream = (threads.runs.stream ?? threads.runs.createAndStream).call(threads.runs, await newThread(), body);
    stream.on("textCreated", () => seen.push("created"));
    stream.on("textDelta", (delta) => seen.push(delta.value));
    stream.on("textDone", (text) => seen.push("done", text.value));
    const messages = await stream.finalMessages();
    assert.equal(messages[0].content[0].text.value, words.plain_text);
    assert.equal((await stream.finalRun()).status, "completed");
    assert.equal((await stream.finalRunSteps())[0].type, "message_creation");
    assert.equal(seen[0], "created");
    assert.deepEqual(seen.slice(-2), ["done", words.plain_text]);
    assert.equal(seen.slice(1, -2).join(""), words.plain_text);
    const raw = await threads.runs.create(await newThread(), { ...body, stream: true });
    const names = [];
    for await (const event of raw) names.push(event.event);
    assert.deepEqual([names[0], names.at(-1)], ["thread.run.created", "thread.run.completed"]);
  },

  async FUNCTIONS() {
    const assistant = await newAssistant(words.two_calls_model, { tools: words.tools });
    const waiting = await finished(await newThread(), assistant);
    assert.equal(waiting.status, "requires_action");
    const calls = waiting.required_action.submit_tool_outputs.tool_calls;
    assert.deepEqual(calls.map((call) => call.function.name), ["get_weather", "get_time"]);
    assert.deepEqual(JSON.parse(calls[0].function.arguments), { city: "Paris" });
    assert.equal((await submit("submitToolOutputsAndPoll", waiting, ["sunny", ""])).status, "completed");
    const stream = (threads.runs.stream ?? threads.runs.createAndStream).call(threads.runs, await newThread(), { assistant_id: assistant });
    const done = [];
    stream.on("toolCallDone", (call) => done.push(call.function.name));
    await stream.done();
    const run = stream.currentRun();
    assert.equal(run.status, "requires_action");
    assert.ok(done.length >= 1);
    const second = submit("submitToolOutputsStream", run, ["sunny", "noon"]);
    assert.equal((await second.finalMessages())[0].content[0].text.value, words.weather_text);
  },

  async SEARCH() {
    const file = await upload(words.birds);
    let settings = { tools: [{ type: "retrieval" }], file_ids: [file] };
    if (!isV1) {
      const store = await client.vectorStores.create({ name: "birds" });
      assert.equal((await client.vectorStores.files.createAndPoll(store.id, { file_id: file })).status, "completed");
      settings = { tools: [{ type: "file_search" }], tool_resources: { file_search: { vector_store_ids: [store.id] } } };
    }
    const run = await finished(await newThread(words.query), await newAssistant(words.cites_model, settings));
    assert.equal(run.status, "completed", JSON.stringify(run));
    const { text } = (await newest(run.thread_id)).content[0];
    const [citation] = text.annotations;
    assert.equal(citation.type, "file_citation");
    assert.equal(citation.file_citation.file_id, file);
    assert.equal(text.value.slice(citation.start_index, citation.end_index), citation.text);
    if (isV1) assert.ok(citation.file_citation.quote.includes("heron"));
  },

  async CODE() {
    const file = await upload(words.numbers);
    const resources = isV1 ? { file_ids: [file] } : { tool_resources: { code_interpreter: { file_ids: [file] } } };
    const assistant = await newAssistant(words.code_model, { tools: [{ type: "code_interpreter" }], ...resources });
    const thread = await newThread("Draw the numbers.");
    const stream = (threads.runs.stream ?? threads.runs.createAndStream).call(threads.runs, thread, { assistant_id: assistant });
    const pictures = [];
    stream.on("imageFileDone", (picture) => pictures.push(picture.file_id));
    assert.equal((await stream.finalRun()).status, "completed");
    const [picture, text] = (await newest(thread)).content;
    assert.deepEqual(pictures, [picture.image_file.file_id]);
    assert.equal((await contentOf(picture.image_file.file_id)).subarray(1, 4).toString(), "PNG");
    const [link] = text.text.annotations;
    assert.equal((await contentOf(link.file_path.file_id)).toString(), "sum,42");
    const [step] = await stream.finalRunSteps();
    const { outputs } = step.step_details.tool_calls[0].code_interpreter;
    assert.equal(outputs.find((output) => output.type === "logs").logs.trim(), "sum 42");
    assert.ok(outputs.find((output) => output.type === "image").image.file_id);
  },

  async CANCEL() {
    const run = await threads.runs.create(await newThread(), { assistant_id: await newAssistant(words.endless_model) });
    assert.equal((await below(threads.runs, "cancel", run.thread_id, run.id)).status, "cancelling");
    assert.equal((await poll(run)).status, "cancelled");
    const again = await refusal(() => below(threads.runs, "cancel", run.thread_id, run.id), OpenAI.BadRequestError);
    assert.ok(again.message.includes("Cannot cancel run with status 'cancelled'."));
  },

  async PAGING() {
    const texts = Array.from({ length: 250 }, (_, i) => `m${i}`);
    const thread = await threads.create({ messages: texts.map((content) => ({ role: "user", content })) });
    for (const [order, expected] of [["asc", texts], ["desc", texts.toReversed?.() ?? [...texts].reverse()]]) {
      const seen = [];
      for await (const message of threads.messages.list(thread.id, { order, limit: 30 })) seen.push(message.content[0].text.value);
      assert.deepEqual(seen, expected);
    }
  },

  async ERRORS() {
    const cases = [
      [() => client.beta.assistants.list({ limit: 101 }), OpenAI.BadRequestError, 400],
      [() => outsider.beta.assistants.list(), OpenAI.AuthenticationError, 401],
      [() => client.models.list({ headers: { Origin: "https://stranger.example" } }), OpenAI.PermissionDeniedError, 403],
      [() => client.beta.assistants.retrieve(`asst_${"A".repeat(24)}`), OpenAI.NotFoundError, 404],
      [() => client.files.retrieve("file-none"), OpenAI.NotFoundError, 404],
      [
        () => client.chat.completions.create({ model: words.broken_model, messages: [{ role: "user", content: "hi" }] }),
        OpenAI.InternalServerError,
        503,
      ],
    ];
    for (const [call, kind, status] of cases) assert.equal((await refusal(call, kind)).status, status);
    const exc = await refusal(cases[0][0], OpenAI.BadRequestError);
    assert.deepEqual([exc.code, exc.param, exc.type], ["integer_above_max_value", "limit", "invalid_request_error"]);
    const run = await finished(await newThread(), await newAssistant(words.broken_model));
    assert.deepEqual([run.status, run.last_error.code], ["failed", "server_error"]);
  },

  async OBJECTS() {
    const made = await client.beta.assistants.create({ model: "gpt-4o", name: "one", tools: words.tools });
    assert.equal((await client.beta.assistants.update(made.id, { name: "two" })).name, "two");
    assert.equal((await client.beta.assistants.retrieve(made.id)).name, "two");
    assert.ok((await client.beta.assistants.list({ limit: 100 })).data.some((one) => one.id === made.id));
    assert.equal((await remove(client.beta.assistants, made.id)).deleted, true);
    const thread = await threads.create({ metadata: { k: "v" } });
    assert.deepEqual((await threads.update(thread.id, { metadata: { k: "w" } })).metadata, { k: "w" });
    assert.equal((await remove(threads, thread.id)).deleted, true);
  },

  async FILES() {
    const file = await client.files.create({ file: await sdk.toFile(Buffer.from("hello"), "보고서 ☀.txt"), purpose: "assistants" });
    assert.deepEqual([file.filename, file.bytes], ["보고서 ☀.txt", 5]);
    assert.equal((await client.files.retrieve(file.id)).id, file.id);
    const ids = [];
    for await (const one of client.files.list({ purpose: "assistants" })) ids.push(one.id);
    assert.ok(ids.includes(file.id));
    assert.equal((await remove(client.files, file.id)).deleted, true);
    assert.equal((await contentOf(await upload(["a.jsonl", '{"a": 1}'], "batch"))).toString(), '{"a": 1}');
  },
};

const sinceV2 = {
  async STORES() {
    const store = await client.vectorStores.create({ name: "birds" });
    const files = await Promise.all([0, 1, 2].map((i) => sdk.toFile(Buffer.from(words.birds[1]), `bird${i}.txt`)));
    const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, { files });
    assert.deepEqual([batch.status, batch.file_counts.completed], ["completed", 3]);
    const ids = [];
    for await (const file of client.vectorStores.files.list(store.id, { limit: 2 })) ids.push(file.id);
    assert.equal(new Set(ids).size, 3);
    const found = [];
    for await (const one of client.vectorStores.search(store.id, { query: words.query, max_num_results: 2 })) found.push(one);
    assert.ok(found[0].content[0].text.includes("heron"));
    const files_ = client.vectorStores.files;
    const gone = nested ? await files_.delete(ids[0], { vector_store_id: store.id }) : await files_.del(store.id, ids[0]);
    assert.equal(gone.deleted, true);
    assert.equal((await remove(client.vectorStores, store.id)).deleted, true);
  },

  async ATTACHMENTS() {
    const [birds, numbers] = [await upload(words.birds), await upload(words.numbers)];
    const attachments = [
      { file_id: birds, tools: [{ type: "file_search" }] },
      { file_id: numbers, tools: [{ type: "code_interpreter" }] },
    ];
    const thread = await threads.create({ messages: [{ role: "user", content: "look", attachments }] });
    assert.deepEqual(thread.tool_resources.code_interpreter.file_ids, [numbers]);
    assert.equal(thread.tool_resources.file_search.vector_store_ids.length, 1);
  },

  async SPELLINGS() {
    const file = await upload(words.numbers);
    const attachments = [{ file_id: file, add_to: ["code_interpreter"] }];
    const message = await threads.messages.create(await newThread(), { role: "user", content: "look", attachments });
    assert.equal(message.attachments[0].file_id, file);
  },

  async REQUESTS() {
    const nulls = { name: null, description: null, instructions: null, metadata: null, temperature: null, tool_resources: null };
    const { data, response } = await client.beta.assistants.create({ model: words.plain, ...nulls }).withResponse();
    assert.deepEqual([data.name, data.metadata, data.temperature], [null, {}, 1]);
    assert.match(response.headers.get("x-request-id"), /^req_/);
    assert.match(data._request_id, /^req_/);
  },
};

for (const [row, run] of Object.entries(isV1 ? scenarios : { ...scenarios, ...sinceV2 })) {
  let failure = "";
  try {
    await run();
  } catch (error) {
    failure = error.stack ?? String(error);
  }
  console.log(JSON.stringify({ sdk: VERSION, row, failure }));
}
process.exit(0);
