export const handler = async (): Promise<never> => {
  throw new Error('the function api is not built yet');
};
