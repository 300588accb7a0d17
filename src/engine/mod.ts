/** All public names of the engine, as the lessons and the rooms above it import them; `entries/` sorts them for adopters. */
export * from "./entries/core.ts";
export * from "./entries/functions.ts";
export * from "./entries/sources.ts";
export * from "./entries/state.ts";
export * from "./entries/windows.ts";
