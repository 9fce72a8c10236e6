/**
 * Texts of several lines that pipelines and users wrote.
 *
 * @module
 */
import { visibleText } from './visible-text.ts';

/** A text with marks in the place of invisible characters; line breaks and tabs remain. */
export const visibleLines = (text: string): string =>
  text
    .split(/(\r?\n|\t)/u)
    .map((part, index) => (index % 2 === 1 ? part : visibleText(part)))
    .join('');
