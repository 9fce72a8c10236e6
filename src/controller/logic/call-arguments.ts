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
  placeReferences,
} from '../../model/argument-previews.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import { type Arguments, isStored } from '../../model/value.ts';
import type { Turn } from '../turn/turn.ts';

/** Larger arguments are not decoded for a preview. */
const MAX_DECODED_LENGTH = 100_000;
const MAX_REFERENCES = 100;

/** @param args as the logic sent them, before large ones are stored */
export async function previewArguments(
  turn: Turn,
  declaration: ComponentDeclaration,
  { data, refs }: Arguments,
): Promise<ArgumentPreview[]> {
  if (isStored(data) || data.text.length > MAX_DECODED_LENGTH)
    return [
      { name: 'arguments', value: `… ${isStored(data) ? data.size : data.text.length} bytes` },
    ];
  const code = turn.info.code.components.find(({ id }) => id === declaration.id);
  const args = decodedList(data);
  if (code === undefined || args === undefined) return [];
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
  return argumentPreviews(args, code.signature);
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
