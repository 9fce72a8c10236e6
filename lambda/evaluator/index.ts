export const handler = async (): Promise<never> => {
  throw new Error('the function evaluator is not built yet');
};
