import { expect, it } from 'vitest';
import { documentProblems } from './documented-fields.ts';

const SCHEMAS = {
  Step: {
    type: 'object',
    properties: { call: { type: 'integer' }, name: { type: ['string', 'null'] } },
    required: ['call'],
    additionalProperties: false,
  },
};
const PAGE = {
  type: 'object',
  properties: {
    items: { type: 'array', items: { $ref: '#/components/schemas/Step' } },
    next: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    kind: { const: 'page' },
  },
  required: ['items'],
  additionalProperties: false,
};

it.each([
  [{ items: [{ call: 1, name: null }], next: null, kind: 'page' }, []],
  [{ next: 'a' }, ['body.items: missing']],
  [{ items: [{ call: 1, secret: 1 }] }, ['body.items[0].secret: unknown field']],
  [{ items: [{ call: 1.5 }] }, ['body.items[0].call: 1.5 is no integer']],
  [{ items: [], next: 5 }, ['body.next: 5 is no string']],
  [{ items: [], kind: 'list' }, ['body.kind: "list" is not "page"']],
])('the response %j is compared with its schema', (body, problems) => {
  expect(documentProblems(PAGE, body, SCHEMAS)).toEqual(problems);
});
