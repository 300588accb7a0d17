import { formatCount } from "../../utils.ts";

/** Records a second, below 1,000 with one decimal: "12.5/s". */
export function formatRate(perSecond: number): string {
  return `${perSecond < 1000 ? perSecond.toFixed(1) : formatCount(Math.round(perSecond))}/s`;
}
