/**
 * Previews of content: the start of a value, a table, a text, an image or an archive, in a form
 * that a view shows without a decoder.
 *
 * @module
 */

/** A value: text, numbers, true, false and null as they are, all others as an object with `is`. */
export type PreviewValue =
  | null
  | boolean
  | number
  | string
  /** A text that was cut; `length` counts UTF-16 units, -1: it is not known. */
  | { readonly is: 'text'; readonly text: string; readonly length: number }
  | { readonly is: 'array'; readonly length: number; readonly items: PreviewValue[] }
  | {
      readonly is: 'object';
      readonly length: number;
      readonly entries: [string, PreviewValue][];
    }
  | {
      readonly is: 'map';
      readonly length: number;
      readonly entries: [PreviewValue, PreviewValue][];
    }
  | { readonly is: 'set'; readonly length: number; readonly items: PreviewValue[] }
  | {
      readonly is: 'typedArray';
      readonly type: string;
      readonly length: number;
      /** Numbers without a form in JSON are texts. */
      readonly items: (number | string)[];
    }
  | { readonly is: 'bytes'; readonly length: number; readonly hex: string }
  /** `undefined`, a bigint, a date, NaN, an infinity, -0, or a number that JSON would change. */
  | { readonly is: 'scalar'; readonly type: string; readonly text: string }
  | { readonly is: 'error'; readonly name: string; readonly message: string }
  /** It is nested too deeply, there are too many values, or the bytes that were read end before it. */
  | { readonly is: 'omitted'; readonly type: string; readonly length: number | null };

export const IMAGE_MEDIA_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;

export type PreviewContent =
  | { readonly kind: 'json'; readonly from: number; readonly value: PreviewValue }
  | {
      readonly kind: 'table';
      readonly columns: { readonly name: string; readonly type: string }[];
      readonly from: number;
      readonly rows: PreviewValue[][];
      readonly rowCount: number | null;
    }
  | { readonly kind: 'text'; readonly text: string; readonly language: string }
  | {
      readonly kind: 'image';
      readonly mediaType: (typeof IMAGE_MEDIA_TYPES)[number];
      readonly width: number | null;
      readonly height: number | null;
      readonly data: string | null;
    }
  | {
      readonly kind: 'folder';
      readonly entries: {
        readonly path: string;
        readonly type: 'file' | 'folder' | 'link';
        readonly size: number;
      }[];
    }
  | { readonly kind: 'binary'; readonly hex: string; readonly reason: string | null };
