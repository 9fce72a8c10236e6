/**
 * Uploads of files for `inputFile`. A run names them when it is created.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { inputKey } from '../../model/object-layout.ts';
import { createInputUploadsSchema, inputUploadListSchema } from '../../wire/inputs.ts';
import { linkDocument } from '../documents.ts';
import type { ApiPorts } from '../ports.ts';
import { bodyProblems, commonProblems, jsonBody, jsonResponse } from '../route-schemas.ts';

export function inputRoutes(api: OpenAPIHono, { objects, links, clock }: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/inputs',
      operationId: 'createInputUploads',
      summary: 'Links for uploading files for `inputFile`; stored content needs no upload',
      request: { body: jsonBody(createInputUploadsSchema, true) },
      responses: {
        200: jsonResponse(inputUploadListSchema, 'In the order of the request.'),
        ...commonProblems,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const { project, inputs } = c.req.valid('json');
      const items = await Promise.all(
        inputs.map(async ({ hash, size }) => {
          const key = inputKey(project, hash, clock.now());
          return {
            key,
            // Content of another size is damaged: it is uploaded again.
            upload:
              (await objects.size(key)) === size
                ? null
                : linkDocument(await links.write(key, { hash, size })),
          };
        }),
      );
      return c.json({ items }, 200);
    },
  );
}
