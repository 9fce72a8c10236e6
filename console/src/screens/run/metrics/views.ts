/**
 * What is loaded to show metrics: one module, because each that is loaded by itself is a file.
 *
 * @module
 */
export { default as MetricsSection } from '../step-panel/metrics-section.tsx';
export { default as MetricsTab } from './metrics-tab.tsx';
export { NoMetrics } from './no-metrics.tsx';
export { default as SeriesView } from './series-view.tsx';
