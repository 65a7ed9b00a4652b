// `openai` and `@ai-sdk/openai-compatible` as they come from npm.
import {createOpenAICompatible} from "@ai-sdk/openai-compatible";
import {streamText} from "ai";
import OpenAI from "openai";

const [url, key, visitor] = process.argv.slice(2);
const client = new OpenAI({baseURL: `${url}/v1`, apiKey: key});
const messages = [{role: "user", content: "Is it SOC 2?"}];
const whole = await client.chat.completions.create({model: "segue", messages, user: visitor});
messages.push(whole.choices[0].message, {role: "user", content: "And what does it cost?"});

const stream = client.chat.completions.stream({
  model: "segue/saas_pipeline", messages, user: visitor, stream_options: {include_usage: true},
});
let streamed = "";
for await (const chunk of stream) streamed += chunk.choices[0]?.delta?.content ?? "";
const final = await stream.finalChatCompletion();

const errors = [];
for (const wrong of [
  {model: "gpt-4.1", messages},
  {model: "segue", messages, metadata: {conversation_id: "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6"}},
  {model: "segue", messages: [{role: "assistant", content: "x"}]},
  {model: "segue", messages, tool_choice: {type: "function", function: {name: "refund"}}},
]) {
  errors.push(
    await client.chat.completions.create(wrong).then(
      () => null,
      (error) => ({kind: error.constructor.name, status: error.status, code: error.code, param: error.param, type: error.type, message: error.message}),
    ),
  );
}

const provider = createOpenAICompatible({name: "segue", baseURL: `${url}/v1`, apiKey: key, includeUsage: true});
const text = streamText({model: provider.chatModel("segue"), prompt: "Is it SOC 2?", providerOptions: {segue: {user: visitor}}});
let compatible = "";
for await (const piece of text.textStream) compatible += piece;
const models = [];
for await (const model of client.models.list()) models.push(model.id);

console.log(JSON.stringify({
  whole, streamed, final, errors, models, compatible, usage: await text.usage, reason: await text.finishReason,
}));
