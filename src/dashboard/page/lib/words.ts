/** Numbers and times as people read them. */

/** "12,345"; of what is larger than ten million "12.3 M", "4.5 G". */
export function count(value: number): string {
  return value < 10_000_000 ? value.toLocaleString("en-US", { maximumFractionDigits: 0 }) : compact(value);
}

/** "12,345", "1.2 M", "4.5 G": for narrow places. */
export function compact(value: number): string {
  if (value < 1e6) return count(value);
  const [unit, letter] = value < 1e9 ? [1e6, "M"] : value < 1e12 ? [1e9, "G"] : [1e12, "T"];
  return `${(value / unit).toFixed(1)} ${letter}`;
}

/** "0", "3.4", "1,234", "20.1 k": records a second. */
export function rate(value: number): string {
  if (value === 0) return "0";
  if (value < 10) return value.toFixed(1);
  return value < 10_000 ? count(value) : `${(value / 1000).toFixed(1)} k`;
}

/** "3.2 s", "12 min", "5 h", "3 d" */
export function span(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 10) return `${(Math.floor(s * 10) / 10).toFixed(1)} s`;
  if (s < 120) return `${Math.floor(s)} s`;
  if (s < 7200) return `${Math.floor(s / 60)} min`;
  return s < 172_800 ? `${Math.floor(s / 3600)} h` : `${count(Math.floor(s / 86_400))} d`;
}

/** "3.2 s ago", "5 s ahead" */
export function ago(ms: number, nowMs: number): string {
  return ms > nowMs + 500 ? `${span(ms - nowMs)} ahead` : `${span(nowMs - ms)} ago`;
}

/** "2026-11-30 12:34:56", UTC. */
export function time(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

/** "12:34:56", UTC. */
export function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** A size with its unit: bytes, kB or MB. */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  return size < 1e6 ? `${(size / 1e3).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

/** "3 windows", "1 window" */
export function counted(n: number, thing: string): string {
  return `${count(n)} ${thing}${n === 1 ? "" : "s"}`;
}
