// The entry holds nothing but this line: see vite.config.ts.
void import("./main");
