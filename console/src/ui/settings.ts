/**
 * Preferences of this browser.
 *
 * @module
 */
import { useSyncExternalStore } from 'react';
import { isTimeZone, type TimeZone } from '../format/times.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export const DENSITIES = ['comfortable', 'compact'] as const;

export interface Settings {
  readonly theme: (typeof THEMES)[number];
  readonly density: (typeof DENSITIES)[number];
  readonly timeZone: TimeZone;
  /** Whether keys without Ctrl or Cmd have a function. */
  readonly singleKeys: boolean;
}

const KEY = 'headrace.settings';
const DEFAULTS: Settings = {
  theme: 'system',
  density: 'comfortable',
  timeZone: 'local',
  singleKeys: true,
};

/** The settings of a stored text; what is not valid has its default. */
export function parseSettings(text: string | null): Settings {
  let stored: unknown;
  try {
    stored = JSON.parse(text ?? 'null');
  } catch {
    return DEFAULTS;
  }
  if (typeof stored !== 'object' || stored === null) return DEFAULTS;
  const { theme, density, timeZone, singleKeys }: Readonly<Record<string, unknown>> = {
    ...stored,
  };
  return {
    theme: THEMES.find((each) => each === theme) ?? DEFAULTS.theme,
    density: DENSITIES.find((each) => each === density) ?? DEFAULTS.density,
    timeZone: typeof timeZone === 'string' && isTimeZone(timeZone) ? timeZone : DEFAULTS.timeZone,
    singleKeys: typeof singleKeys === 'boolean' ? singleKeys : DEFAULTS.singleKeys,
  };
}

const read = (): Settings => {
  try {
    return parseSettings(localStorage.getItem(KEY));
  } catch {
    return DEFAULTS;
  }
};

let current = DEFAULTS;
const listeners = new Set<() => void>();

function use(settings: Settings): void {
  current = settings;
  const { dataset } = document.documentElement;
  dataset.theme = settings.theme;
  dataset.density = settings.density;
  for (const listener of listeners) listener();
}

/** Applies the stored settings, and those that another tab stores. */
export function startSettings(): void {
  use(read());
  addEventListener('storage', ({ key }) => {
    if (key === KEY || key === null) use(read());
  });
}

export const settings = (): Settings => current;

/** Stores changed settings and applies them. */
export function changeSettings(change: Partial<Settings>): void {
  use({ ...current, ...change });
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // Without storage they last as long as the page.
  }
}

/** Calls `listener` after each change. Returns a function that stops this. */
export function onSettings(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useSettings = (): Settings => useSyncExternalStore(onSettings, settings);
