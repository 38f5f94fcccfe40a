/** Attribute that every data point of a sample carries, and by which our readers tell ours from a program's own of the same name. */
export const COLLECTION_ATTRIBUTE = "vitals.collection.name";
