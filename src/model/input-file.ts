/**
 * The component behind `inputFile`: its calls are steps whose result is a file, a folder or the
 * content of a URL.
 *
 * @module
 */

export const INPUT_FILE_COMPONENT = {
  /** No component of a project has this id: those contain the path of a source file. */
  id: 'headrace#inputFile',
  name: 'inputFile',
  style: 'positional',
  parameters: ['address'],
} as const;

/** Never cached: the file may have changed. */
export const INPUT_FILE_OPTIONS = { returnValues: ['file'] } as const;
