// node_pop3.mjs MODE PORT USER PASSWORD FOLDER keep|delete - node-pop3 with a memory: the unique-ids in FOLDER/seen.
// Its own RETR makes a string of a message; the stream behind it has the octets.
import {createRequire} from 'node:module';
import fs from 'node:fs';

const [mode, port, user, password, folder, what] = process.argv.slice(2);
const module = createRequire(`${process.env.NODE_POP3}/`)('node-pop3');
const Pop3Command = module.default ?? module;
const pop = new Pop3Command({
  host: '127.0.0.1', port: Number(port), user, password, tls: mode === 'tls', timeout: 60000,
  tlsOptions: {rejectUnauthorized: false}, servername: 'localhost',
});

async function retrieve(number) {
  const [, stream] = await pop.command('RETR', number);
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  // It leaves the stuffed dots in, and takes the last line end for a part of the end.
  return Buffer.from(Buffer.concat(chunks).toString('latin1').replace(/^\./gm, '') + '\r\n', 'latin1');
}

const seen = new Set(fs.existsSync(`${folder}/seen`) ? fs.readFileSync(`${folder}/seen`, 'utf8').split('\n') : []);
for (const [number, uidl] of await pop.UIDL()) {
  if (what === 'keep' && seen.has(uidl)) continue;
  fs.writeFileSync(`${folder}/new/${number}`, await retrieve(number));
  seen.add(uidl);
  if (what === 'delete') await pop.command('DELE', number);
}
await pop.QUIT();
fs.writeFileSync(`${folder}/seen`, [...seen].join('\n'));
