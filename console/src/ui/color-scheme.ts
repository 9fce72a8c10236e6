/**
 * Whether the page is light or dark, for what is drawn on a canvas.
 *
 * @module
 */
import { useSyncExternalStore } from 'react';
import { type ColorName, PALETTE } from './palette.ts';
import { onSettings, settings } from './settings.ts';

export type ColorScheme = 'light' | 'dark';

const query = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)');

/** The setting of the theme, or that of the system. */
export function colorScheme(): ColorScheme {
  const { theme } = settings();
  if (theme !== 'system') return theme;
  return query().matches ? 'dark' : 'light';
}

function subscribe(listener: () => void): () => void {
  const stop = onSettings(listener);
  const system = query();
  system.addEventListener('change', listener);
  return () => {
    stop();
    system.removeEventListener('change', listener);
  };
}

export const useColorScheme = (): ColorScheme => useSyncExternalStore(subscribe, colorScheme);

/** The colour of a token in the scheme. */
export const colorOf = (name: ColorName, scheme: ColorScheme): string => PALETTE[name][scheme];
