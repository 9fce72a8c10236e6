import { describe, expect, it } from 'vitest';
import {
  isSingleKey,
  matchPattern,
  normalizeKey,
} from '../../../../console/src/ui/key-patterns.ts';

const press = (key: string, modifiers: { ctrl?: true; meta?: true; shift?: true } = {}) =>
  normalizeKey({
    key,
    ctrlKey: modifiers.ctrl ?? false,
    metaKey: modifiers.meta ?? false,
    altKey: false,
    shiftKey: modifiers.shift ?? false,
  });

describe('keys of the console', () => {
  it('Ctrl and Cmd are one modifier', () => {
    expect(matchPattern('Mod+K', [press('k', { ctrl: true })])).toBe('complete');
    expect(matchPattern('Mod+K', [press('k', { meta: true })])).toBe('complete');
    expect(matchPattern('k', [press('k', { ctrl: true })])).toBe('none');
  });

  it('Shift distinguishes letters, and Caps Lock does not', () => {
    expect(matchPattern('Shift+F', [press('F', { shift: true })])).toBe('complete');
    expect(matchPattern('f', [press('F', { shift: true })])).toBe('none');
    expect(matchPattern('f', [press('F')])).toBe('complete');
  });

  it('a question mark needs the Shift of the layout or none', () => {
    expect(matchPattern('?', [press('?', { shift: true })])).toBe('complete');
    expect(matchPattern('?', [press('?')])).toBe('complete');
  });

  it('the start of a sequence is partial', () => {
    expect(matchPattern('g r', [press('g')])).toBe('partial');
    expect(matchPattern('g r', [press('g'), press('r')])).toBe('complete');
    expect(matchPattern('g r', [press('g'), press('p')])).toBe('none');
  });

  it('keys of characters without a modifier can be switched off, others cannot', () => {
    expect(['j', 'Shift+F', '?', 'g r', '1'].every(isSingleKey)).toBe(true);
    expect(['Mod+K', 'Enter', 'Escape', 'ArrowDown'].some(isSingleKey)).toBe(false);
  });
});
