/**
 * The commands of the page: each has a name, and most have keys. Screens add theirs while they are
 * shown; the one that was added last has precedence. The help lists all of them by group, and the palette
 * offers them.
 *
 * @module
 */
import { useEffect, useRef } from 'react';
import { isSingleKey, matchPattern, normalizeKey } from './key-patterns.ts';
import { settings } from './settings.ts';

export interface Command {
  /** The name in the help and the palette, as a verb: `Show the next failure`. */
  readonly label: string;
  /** The heading in the help: the name of the screen. */
  readonly group: string;
  /** Patterns of `key-patterns.ts`, each of which runs the command. */
  readonly keys?: readonly string[];
  readonly run: () => void;
  /** Whether the palette offers it. Default: true. Movements are of no use there. */
  readonly inPalette?: boolean;
}

type Source = () => readonly Command[];

const sources = new Set<Source>();
/** Sequences are forgotten after this time. */
const SEQUENCE_MS = 1_500;

/** All commands, the most recently added ones first. */
export const currentCommands = (): readonly Command[] =>
  [...sources].reverse().flatMap((source) => source());

/** Adds commands while the component is shown. They may change with each rendering. */
export function useCommands(commands: readonly Command[]): void {
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  useEffect(() => {
    const source = () => latest.current;
    sources.add(source);
    return () => {
      sources.delete(source);
    };
  }, []);
}

/** Escape closes a panel while it is shown. */
export const useEscape = (group: string, run: () => void): void =>
  useCommands([{ group, label: 'Close the panel', keys: ['Escape'], run, inPalette: false }]);

const TYPING = 'input:not([type=checkbox], [type=radio], [type=button]), textarea, select';

/** Whether keys of characters belong to the element that has the focus. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.matches(TYPING) || target.isContentEditable);

/** Buttons and links have functions of their own for these. */
const isActivation = (target: EventTarget | null, key: string): boolean =>
  (key === 'Enter' || key === ' ') &&
  target instanceof HTMLElement &&
  target.matches('a, button, summary, input, [role=menuitem], [role=option]');

let pressed: string[] = [];
let pressedAt = 0;

function onKeyDown(event: KeyboardEvent): void {
  const { target, key } = event;
  if (event.defaultPrevented || event.isComposing || /^(Shift|Control|Alt|Meta)$/.test(key)) return;
  const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
  if (isTyping(target) && !hasModifier) return;
  if (isActivation(target, key) && !hasModifier) return;
  // A dialog and an open menu keep their keys.
  if (document.querySelector('dialog[open], [popover=auto]:popover-open') !== null) return;
  if (event.timeStamp - pressedAt > SEQUENCE_MS) pressed = [];
  pressedAt = event.timeStamp;
  const command =
    commandFor([...pressed, normalizeKey(event)]) ?? commandFor([normalizeKey(event)]);
  if (command === undefined) {
    pressed = [];
    return;
  }
  event.preventDefault();
  if (command === 'partial') {
    pressed = [...pressed, normalizeKey(event)];
    return;
  }
  pressed = [];
  command.run();
}

function commandFor(keys: readonly string[]): Command | 'partial' | undefined {
  const { singleKeys } = settings();
  let isPartial = false;
  for (const command of currentCommands()) {
    for (const pattern of command.keys ?? []) {
      if (!singleKeys && isSingleKey(pattern)) continue;
      const match = matchPattern(pattern, keys);
      if (match === 'complete') return command;
      isPartial ||= match === 'partial';
    }
  }
  return isPartial ? 'partial' : undefined;
}

/** Starts to run commands by their keys. */
export const startKeyboard = (): void => addEventListener('keydown', onKeyDown);

const isMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.userAgent);

/** A pattern as the keys are labelled: `⌘K`, `Ctrl K`, `G R`, `↓`. */
export const keyLabel = (pattern: string): string =>
  pattern
    .replace('Mod+', isMac() ? '⌘' : 'Ctrl ')
    .replace('Shift+', isMac() ? '⇧' : 'Shift ')
    .replace('ArrowDown', '↓')
    .replace('ArrowUp', '↑')
    .replace('ArrowLeft', '←')
    .replace('ArrowRight', '→')
    .replace('Escape', 'Esc')
    .replace(/(^| )([a-z])$/, (text) => text.toUpperCase())
    .replace(/^([a-z])(?= )/, (text) => text.toUpperCase());
