// `ai` as it comes from npm: its transport posts the turns, its reader builds the messages.
import {DefaultChatTransport, readUIMessageStream} from "ai";

const [url, key, visitor, questions, account] = process.argv.slice(2);
const transport = new DefaultChatTransport({
  api: `${url}/v1/chat`,
  headers: {Authorization: `Bearer ${key}`},
  body: {visitor, account},
  prepareReconnectToStreamRequest: ({api, id}) => ({api: `${api}/${encodeURIComponent(id)}/stream?visitor=${visitor}`}),
});
const chatId = `chat of ${visitor}`;

const read = async (stream) => {
  let last;
  for await (const message of readUIMessageStream({stream, terminateOnError: true})) last = message;
  return last;
};

const messages = [];
for (const [number, said] of JSON.parse(questions).entries()) {
  const parts = typeof said === "string" ? [{type: "text", text: said}] : [{type: "data-answer", data: said}];
  messages.push({id: `m-${number}`, role: "user", parts});
  const stream = await transport.sendMessages({chatId, messages, trigger: "submit-message"});
  messages.push(await read(stream));
}
const again = await read(
  await transport.sendMessages({
    chatId, messages: messages.slice(0, -1), trigger: "regenerate-message", messageId: messages.at(-1).id,
  }),
);
const running = await transport.reconnectToStream({chatId});
const refused = await transport
  .sendMessages({chatId, messages: messages.slice(0, 2), trigger: "submit-message"})
  .then(() => null, (error) => error.message);
console.log(JSON.stringify({messages, again, running, refused: JSON.parse(refused)}));
