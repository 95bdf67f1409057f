// The browser app: page, worker and charts over the model package.
export {};
