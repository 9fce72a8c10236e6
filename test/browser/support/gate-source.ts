/**
 * Steps that wait for files, so that a test decides when they end.
 *
 * @module
 */

/** The source of `gate(name)`, which waits for a file of the folder. It needs `existsSync`. */
export const gateSource = (gates: string): string => `
const gate = async (name: string) => {
  while (!existsSync(${JSON.stringify(gates)} + '/' + name))
    await new Promise((resolve) => setTimeout(resolve, 20));
};
`;
