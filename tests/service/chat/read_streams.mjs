// The clients' own readers over streams that were written to files: of the AI SDK, and of OpenAI.
import {readFile} from "node:fs/promises";
import {DefaultChatTransport, readUIMessageStream} from "ai";
import OpenAI from "openai";

const [ui, revised, completion] = process.argv.slice(2);
const answered = (path) => async () =>
  new Response(await readFile(path), {headers: {"content-type": "text/event-stream", "x-vercel-ai-ui-message-stream": "v1"}});

const message = async (path) => {
  const transport = new DefaultChatTransport({fetch: answered(path)});
  const asked = {id: "m", role: "user", parts: [{type: "text", text: "x"}]};
  const stream = await transport.sendMessages({chatId: "c", messages: [asked], trigger: "submit-message"});
  let last;
  for await (const each of readUIMessageStream({stream, terminateOnError: true})) last = each;
  return last;
};

const client = new OpenAI({apiKey: "x", fetch: answered(completion)});
const stream = client.chat.completions.stream({model: "segue", messages: [{role: "user", content: "x"}]});
const own = [];
for await (const chunk of stream) if (chunk.segue) own.push(chunk.segue);
const final = await stream.finalChatCompletion();
console.log(JSON.stringify({turn: await message(ui), revised: await message(revised), final, own: own.at(-1)}));
