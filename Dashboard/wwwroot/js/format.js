export const number = (value, digits = 1) => Number.isFinite(value) ? value.toLocaleString('en', { maximumFractionDigits: digits }) : '–';
export const percent = value => value < 0 || !Number.isFinite(value) ? '–' : `${(value * 100).toFixed(1)} %`;
export const bytes = value => value > 1e9 ? `${number(value / 1e9, 2)} GB` : value > 1e6 ? `${number(value / 1e6, 1)} MB` : `${number(value / 1e3, 1)} kB`;
export const ms = value => value >= 100 ? `${value.toFixed(0)} ms` : value >= 1 ? `${value.toFixed(1)} ms` : `${(value * 1000).toFixed(0)} µs`;
export const time = text => new Date(text).toLocaleTimeString();
export const words = text => text.replaceAll('_', ' ');
