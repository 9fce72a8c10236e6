/**
 * A webhook on this machine, which records what it receives.
 *
 * @module
 */
import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';

export interface Webhook {
  readonly url: string;
  readonly bodies: unknown[];
  /** The statuses of the next answers; 200 without one. `hang`: no answer. */
  readonly answers: (number | 'hang')[];
}

export async function aWebhook(): Promise<Webhook> {
  const bodies: unknown[] = [];
  const answers: (number | 'hang')[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      bodies.push(JSON.parse(text));
      const answer = answers.shift() ?? 200;
      if (answer === 'hang') return;
      response.writeHead(answer, answer === 302 ? { location: '/other' } : {});
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}/hook/secret`, bodies, answers };
}
