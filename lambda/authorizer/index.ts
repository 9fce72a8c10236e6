export const handler = async (): Promise<never> => {
  throw new Error('the function authorizer is not built yet');
};
