/**
 * The previews of a call's arguments, which views show.
 *
 * They are made once, when the call is accepted: a view reads no objects and no other records for
 * them.
 *
 * @module
 */
import { decode, fromInline } from '../../codec/index.ts';
import {
  type ArgumentPreview,
  argumentPreviews,
  LargeValue,
  placeReferences,
  placeValues,
} from '../../model/argument-previews.ts';
import { childPipelineId } from '../../model/child-pipeline.ts';
import type { Signature } from '../../model/code.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import type { RunInfo } from '../../model/run.ts';
import { type Arguments, isStored, type Value } from '../../model/value.ts';
import type { Turn } from '../turn/turn.ts';

/** Larger arguments are not decoded for a preview. */
const MAX_DECODED_LENGTH = 100_000;
const MAX_REFERENCES = 100;
const MAX_START_LENGTH = 32;

/** @param args as the logic sent them, before large ones are stored */
export async function previewArguments(
  turn: Turn,
  declaration: ComponentDeclaration,
  { data, parts = [], refs }: Arguments,
): Promise<ArgumentPreview[]> {
  if (isStored(data) || data.text.length > MAX_DECODED_LENGTH)
    return [
      { name: 'arguments', value: `… ${isStored(data) ? data.size : data.text.length} bytes` },
    ];
  const signature = signatureOf(turn.info, declaration.id);
  const args = decodedList(data);
  if (signature === undefined || args === undefined) return [];
  placeValues(
    args,
    parts.map(({ path, value }) => ({ path, value: partPreview(value) })),
  );
  placeReferences(
    args,
    await Promise.all(
      refs.slice(0, MAX_REFERENCES).map(async ({ path, call, value }) => {
        const parent = await turn.requireStep(call);
        const names = turn.declaration(parent).returnValues;
        const name = value === null || names.length < 2 ? undefined : names[value];
        return { path, name: name === undefined ? parent.name : `${parent.name}.${name}` };
      }),
    ),
  );
  return argumentPreviews(args, signature);
}

/** The signature of a component, or of a pipeline that the logic calls. */
function signatureOf({ code }: RunInfo, id: string): Signature | undefined {
  const pipeline = childPipelineId(id);
  if (pipeline === undefined) return code.components.find((each) => each.id === id)?.signature;
  return pipeline === code.id
    ? code.signature
    : code.children?.find((each) => each.id === pipeline)?.signature;
}

/** A part for a preview: its value, or the start of its text. */
function partPreview(value: Value): unknown {
  const shown = isStored(value) ? '' : value.text;
  const size = isStored(value) ? value.size : value.text.length;
  if (isStored(value) || size > MAX_DECODED_LENGTH)
    return new LargeValue(
      `${value.format === 'json' ? shown.slice(0, MAX_START_LENGTH) : ''}… ${size} bytes`,
    );
  try {
    return decode(fromInline(value));
  } catch {
    return new LargeValue('…');
  }
}

/** The decoded arguments. Code of the context may have sent anything. */
function decodedList(data: Parameters<typeof fromInline>[0]): unknown[] | undefined {
  try {
    const decoded: unknown = decode(fromInline(data));
    return Array.isArray(decoded) ? decoded : undefined;
  } catch {
    return undefined;
  }
}
