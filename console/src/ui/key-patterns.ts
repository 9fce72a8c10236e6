/**
 * Which command a sequence of keys selects. Pure: `keyboard.ts` connects it with the page.
 *
 * A pattern is one key or a sequence of keys: `j`, `Shift+F`, `Mod+K`, `?`, `ArrowDown`, `g r`. `Mod` is
 * Ctrl, or Cmd on a Mac. Letters are those of the layout, without regard to Caps Lock.
 *
 * @module
 */

/** The part of a keyboard event that counts. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** A key in the form of a pattern: `Mod+k`, `shift+f` as `Shift+f`, `?`. */
export function normalizeKey(press: KeyPress): string {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = press;
  const isLetter = /^\p{L}$/u.test(key);
  // Of other characters, as `?`, the layout decides whether Shift makes them.
  const hasShift = shiftKey && (isLetter || key.length > 1);
  return [
    ...(ctrlKey || metaKey ? ['Mod'] : []),
    ...(altKey ? ['Alt'] : []),
    ...(hasShift ? ['Shift'] : []),
    isLetter ? key.toLowerCase() : key,
  ].join('+');
}

const normalizePattern = (pattern: string): readonly string[] =>
  pattern
    .split(' ')
    .map((key) =>
      key.replace(/(^|\+)(\p{Lu})$/u, (_, plus, letter) => plus + letter.toLowerCase()),
    );

/** Whether the pattern needs no Ctrl, Cmd or Alt and consists of characters (WCAG 2.1.4). */
export const isSingleKey = (pattern: string): boolean =>
  pattern.split(' ').every((key) => /^(Shift\+)?.$/u.test(key));

export type KeyMatch = 'complete' | 'partial' | 'none';

/** Whether the keys pressed one after another are the pattern, or its start. */
export function matchPattern(pattern: string, pressed: readonly string[]): KeyMatch {
  const keys = normalizePattern(pattern);
  if (pressed.length > keys.length) return 'none';
  if (!pressed.every((key, index) => key === keys[index])) return 'none';
  return pressed.length === keys.length ? 'complete' : 'partial';
}
