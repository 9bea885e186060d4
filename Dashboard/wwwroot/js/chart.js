import { useEffect, useRef } from '../vendor/hooks.js';
import uPlot from '../vendor/uplot.js';
import { html } from './html.js';

const colours = ['#2f7de1', '#d9772b', '#2f9e5b', '#b84fc6'];

// Lines over time. series: [{ label, values }], times in seconds since 1970.
export function Chart({ label, times, series, max, unit = '' }) {
  const box = useRef(null), plot = useRef(null);
  const shape = series.map(each => each.label).join();
  useEffect(() => {
    const style = getComputedStyle(document.documentElement), text = style.getPropertyValue('--quiet'), line = style.getPropertyValue('--track');
    const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
    plot.current = new uPlot({
      width: box.current.clientWidth, height: 190, cursor: { y: false },
      scales: { y: { range: (_, low, high) => [0, max ?? Math.max(high ?? 1, 0.001) * 1.1] } },
      axes: [axis, { ...axis, size: 56, values: (_, ticks) => ticks.map(tick => `${+tick.toFixed(3)}${unit}`) }],
      series: [{}, ...series.map((each, i) => ({ label: each.label, stroke: colours[i % colours.length], width: 2, spanGaps: true }))],
    }, [times, ...series.map(each => each.values)], box.current);
    const resize = new ResizeObserver(() => box.current && plot.current?.setSize({ width: box.current.clientWidth, height: 190 }));
    resize.observe(box.current);
    return () => { resize.disconnect(); plot.current.destroy(); plot.current = null; };
  }, [shape]);
  useEffect(() => { plot.current?.setData([times, ...series.map(each => each.values)]); });
  const last = series.map(each => `${each.label} ${each.values.length ? (+each.values.at(-1)).toFixed(2) : 'nothing'}${unit}`).join(', ');
  return html`<div class="chart" role="img" aria-label="${label}: now ${last}"><div ref=${box}></div></div>`;
}
