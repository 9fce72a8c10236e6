/**
 * What a page of a run costs: the bytes and requests of a graph, and the requests for the end of a
 * log, against `headrace dev`.
 *
 * @module
 */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import type { z } from 'zod';
import { logPageSchema } from '../src/wire/logs.ts';
import { runGraphSchema, runStateSchema } from '../src/wire/run-state.ts';
import { type SeededCall, seedHome } from '../test/browser/seeds/seed-run.ts';
import { homeOf, signIn, startDevServer } from '../test/browser/support/dev-server.ts';
import { runId } from '../test/conformance/records.ts';
import { rounds, type Samples } from './harness.ts';

const RUN = runId(1);

export async function measureReading(quick: boolean): Promise<Samples> {
  const [members, lines] = quick ? [9, 100] : [999, 100_000];
  const folder = await mkdtemp(join(tmpdir(), 'headrace-bench-reading-'));
  const home = homeOf(folder);
  await mkdir(home, { recursive: true, mode: 0o700 });
  await seedHome(home, (seed) => seed({ id: RUN, calls: callsOf(members, lines) }));
  const server = await startDevServer(folder, home);
  try {
    const token = await signIn(server);
    return await rounds(quick ? 0 : 1, quick ? 1 : 5, async () => {
      const received = { bytes: 0, requests: 0 };
      const read = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
        const { document, bytes } = await requestJson(
          `${server.origin}/v1/runs/${RUN}${path}`,
          token,
        );
        received.bytes += bytes;
        received.requests += 1;
        return schema.parse(document);
      };
      for (let from = 0; from < members + 2; ) {
        const page = await read(`/graph?from=${from}`, runGraphSchema);
        from += page.calls;
      }
      const { calls } = await read('/state', runStateSchema);
      if (calls !== members + 2) throw new Error(`the state has ${calls} calls`);
      const graph = { ...received };
      received.requests = 0;
      const { lines: last } = await read('/steps/0/logs?from=end&limit=1000', logPageSchema);
      if (last.at(-1)?.text !== lineAt(lines - 1)) throw new Error('the page is not the end');
      return {
        'reading.graph': graph.bytes / 1000,
        'reading.requests': graph.requests,
        'reading.log': received.requests,
      };
    });
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const lineAt = (index: number): string => `epoch ${index} loss ${1 / (index + 1)}`;

/** `load → n × train → report`; the first step has a long log. */
function callsOf(members: number, lines: number): readonly SeededCall[] {
  const log = `${Array.from({ length: lines }, (_, index) => lineAt(index)).join('\n')}\n`;
  const trains = Array.from({ length: members }, (_, index) => index + 1);
  return [
    { component: 'load', log },
    ...trains.map((call) => ({
      component: 'train',
      parents: [0],
      startedAt: 1_000 + call,
      durationMs: 5_000 + ((call * 7_919) % 3_000),
    })),
    { component: 'report', parents: trains, startedAt: 20_000 },
  ];
}

/** The document of a request, and the bytes of its body as they were sent. */
async function requestJson(
  url: string,
  token: string,
): Promise<{ readonly document: unknown; readonly bytes: number }> {
  const headers = { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip' };
  const outgoing = request(url, { headers }).end();
  const [response]: IncomingMessage[] = await once(outgoing, 'response');
  if (response?.statusCode !== 200) throw new Error(`${url}: ${response?.statusCode}`);
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const isCompressed = response.headers['content-encoding'] === 'gzip';
  const body = await text(isCompressed ? response.pipe(createGunzip()) : response);
  return { document: JSON.parse(body), bytes };
}
