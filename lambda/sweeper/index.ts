export const handler = async (): Promise<never> => {
  throw new Error('the function sweeper is not built yet');
};
