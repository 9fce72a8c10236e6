export const handler = async (): Promise<never> => {
  throw new Error('the function router is not built yet');
};
