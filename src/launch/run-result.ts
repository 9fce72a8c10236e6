/**
 * The result of a run as the value that the program's call returns.
 *
 * @module
 */
import { decode, fromInline } from '../codec/index.ts';
import { thrownFromRecord } from '../model/error-record.ts';
import { isStored, type Value } from '../model/value.ts';
import type { Objects } from '../ports/objects.ts';
import { PipelineRunError } from '../sdk/errors.ts';
import type { RunViewModel } from '../view/view-models.ts';

/** @throws PipelineRunError if the run did not complete */
export async function runResult(
  { info, head }: RunViewModel,
  objects: Pick<Objects, 'get'>,
): Promise<unknown> {
  if (head.status !== 'completed')
    throw new PipelineRunError(
      info.id,
      head.status,
      head.error === null ? null : thrownFromRecord(head.error),
    );
  return head.result === null ? undefined : await decodeValue(head.result, objects);
}

async function decodeValue(value: Value, objects: Pick<Objects, 'get'>): Promise<unknown> {
  if (!isStored(value)) return decode(fromInline(value));
  const bytes = await objects.get(value.key, value.size);
  return value.format === 'json'
    ? decode({ format: 'json', text: Buffer.from(bytes).toString('utf8') })
    : decode({ format: 'cbor', bytes });
}
