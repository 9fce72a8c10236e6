/**
 * API Gateway as far as the API's function sees it: a request as a proxy event of a REST API, and the answer back. Whoever asks is let in.
 *
 * @module
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { RunningFunction } from './functions.ts';

export interface ApiServer {
  readonly url: string;
  stop(): Promise<void>;
}

const answerSchema = z.looseObject({
  statusCode: z.number(),
  headers: z.record(z.string(), z.string()).optional(),
  multiValueHeaders: z.record(z.string(), z.array(z.string())).optional(),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().optional(),
});

export async function serveApi(api: RunningFunction): Promise<ApiServer> {
  const server = createServer(async (incoming, response) => {
    try {
      const url = new URL(incoming.url ?? '/', 'http://api');
      const headers = Object.entries(incoming.headersDistinct).map(([name, values = []]): [string, string[]] => [name, values]);
      const body = await text(incoming);
      const query = [...new Set(url.searchParams.keys())];
      const answer = answerSchema.parse(
        await api.invoke({
          resource: '/{proxy+}',
          path: url.pathname,
          httpMethod: incoming.method,
          headers: Object.fromEntries(headers.map(([name, values]) => [name, values.join(', ')])),
          multiValueHeaders: Object.fromEntries(headers),
          queryStringParameters: query.length === 0 ? null : Object.fromEntries(query.map((name) => [name, url.searchParams.getAll(name).at(-1)])),
          multiValueQueryStringParameters: query.length === 0 ? null : Object.fromEntries(query.map((name) => [name, url.searchParams.getAll(name)])),
          pathParameters: { proxy: url.pathname.slice(1) },
          stageVariables: null,
          requestContext: { httpMethod: incoming.method, path: url.pathname, stage: 'live', identity: { sourceIp: '127.0.0.1' } },
          body: body === '' ? null : body,
          isBase64Encoded: false,
        }),
      );
      for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
      for (const [name, values] of Object.entries(answer.multiValueHeaders ?? {})) response.setHeader(name, values);
      response.writeHead(answer.statusCode).end(Buffer.from(answer.body, answer.isBase64Encoded === true ? 'base64' : 'utf8'));
    } catch (error) {
      response.writeHead(502).end(error instanceof Error ? error.message : String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
