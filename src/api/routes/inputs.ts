/**
 * Uploads of files for `inputFile`. A run names them when it is created.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { inputKey } from '../../model/object-layout.ts';
import { createInputUploadsSchema } from '../../wire/inputs.ts';
import { uploadListSchema } from '../../wire/uploads.ts';
import type { ApiPorts } from '../ports.ts';
import { bodyProblems, commonProblems, jsonBody, jsonResponse } from '../route-schemas.ts';
import { uploadsOf } from '../uploads.ts';

export function inputRoutes(api: OpenAPIHono, { objects, links, clock }: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/inputs',
      operationId: 'createInputUploads',
      summary: 'Links for uploading files for `inputFile`; stored content needs no upload',
      request: { body: jsonBody(createInputUploadsSchema, true) },
      responses: {
        200: jsonResponse(uploadListSchema, 'In the order of the request.'),
        ...commonProblems,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const { project, inputs } = c.req.valid('json');
      const now = clock.now();
      const items = await uploadsOf(
        { objects, links },
        inputs.map((input) => ({ ...input, key: inputKey(project, input.hash, now) })),
      );
      return c.json({ items }, 200);
    },
  );
}
