/**
 * Names the declarations in which two bundles of a component differ.
 *
 * A bundle is printed with each top-level statement at the start of a line, so its text is divided
 * into declarations without a parser.
 *
 * @module
 */

const DECLARATION =
  /^(?:export )?(?:async )?(?:function\*? ?|class |const |let |var )([\p{L}\p{N}_$]+)/u;
const MAX_NAMES = 10;

/** `changed: normalise; added: clamp`; empty if no named declaration differs. */
export function changedDeclarations(before: string, now: string): string[] {
  const [old, fresh] = [declarationsOf(before), declarationsOf(now)];
  const of = (names: Iterable<string>, isPart: (name: string) => boolean): string[] =>
    [...names].filter(isPart).sort();
  return [
    ...list(
      'changed',
      of(fresh.keys(), (name) => old.has(name) && old.get(name) !== fresh.get(name)),
    ),
    ...list(
      'added',
      of(fresh.keys(), (name) => !old.has(name)),
    ),
    ...list(
      'removed',
      of(old.keys(), (name) => !fresh.has(name)),
    ),
  ];
}

const list = (kind: string, names: readonly string[]): string[] =>
  names.length === 0
    ? []
    : [
        `${kind}: ${names.slice(0, MAX_NAMES).join(', ')}${names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''}`,
      ];

/** The texts of top-level declarations by name. Other statements belong to the one before. */
function declarationsOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let name: string | undefined;
  for (const line of text.split('\n')) {
    name = DECLARATION.exec(line)?.[1] ?? name;
    if (name !== undefined && !line.startsWith('export {'))
      found.set(name, `${found.get(name) ?? ''}${line.trimEnd()}\n`);
  }
  return new Map([...found].map(([key, each]) => [key, each.trim()]));
}
