/**
 * Checks of a commit before it is written.
 *
 * @module
 */
import { type Commit, RecordRejectedError } from '../../ports/tasks.ts';

/** A sort key has 1,024 bytes at most, of which the name is not more than this. */
const MAX_NAME_BYTES = 1000;

/**
 * Checks that a checkpoint can write the items of the commit.
 *
 * @throws RecordRejectedError for a name that is too long for a key of DynamoDB
 */
export function assertStorable(commit: Commit): void {
  for (const name of namesIn(commit)) {
    const size = Buffer.byteLength(name);
    if (size > MAX_NAME_BYTES)
      throw new RecordRejectedError(
        `the name ${JSON.stringify(name.slice(0, 40))}… has ${size} bytes, and the most are ${MAX_NAME_BYTES}`,
      );
  }
}

/** The names in the keys of the items that a checkpoint makes of the commit. */
function* namesIn(commit: Commit): Generator<string> {
  for (const { declaration } of commit.components) yield declaration.name;
  for (const { name } of commit.created) yield name;
  for (const { parent } of commit.edges) if (typeof parent === 'string') yield parent;
  for (const { name } of commit.runOutputs.artifacts) yield name;
  for (const { name } of commit.runOutputs.models) yield name;
}

/** A commit with a gap in the history, or an overlap, is an error of the caller. */
export function assertContiguous(
  { head, events, signatures }: Commit,
  before: { readonly eventCount: number; readonly commandCount: number },
): void {
  const first = {
    eventCount: head.eventCount - events.length,
    commandCount: head.commandCount - signatures.length,
  };
  if (first.eventCount !== before.eventCount)
    throw new RangeError(
      `the commit's events start at ${first.eventCount}, but the run has ${before.eventCount}`,
    );
  if (first.commandCount !== before.commandCount)
    throw new RangeError(
      `the commit's signatures start at ${first.commandCount}, but the run has ${before.commandCount}`,
    );
}
