import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** An SMTP server that takes every log-in and every message, and shows all that was said to it. */
export async function startMailServer() {
  let received = '';
  const server = createServer((socket) => {
    let inMessage = false;
    let rest = '';
    socket.on('error', () => socket.destroy());
    socket.write('220 test\r\n');
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        received += `${line}\n`;
        if (inMessage) {
          if (line !== '.') continue;
          inMessage = false;
          socket.write('250 taken\r\n');
        } else if (line.startsWith('EHLO')) socket.write('250-test\r\n250 AUTH PLAIN\r\n');
        else if (line.startsWith('AUTH')) socket.write('235 welcome\r\n');
        else if (line === 'DATA') {
          inMessage = true;
          socket.write('354 go on\r\n');
        } else if (line === 'QUIT') socket.end('221 bye\r\n');
        else socket.write('250 ok\r\n');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Quoted-printable line ends are undone. */
    received: () => received.replaceAll('=\n', '').replaceAll('=3D', '='),
    stop: () => server.close(),
  };
}
