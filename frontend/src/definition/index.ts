export * from "./types";
export * from "./walk";
export * from "./references";
export * from "./edit";
export * from "./clipboard";
export * from "./complete";
export * from "./merge";
