export const handler = async (): Promise<never> => {
  throw new Error('the function controller is not built yet');
};
