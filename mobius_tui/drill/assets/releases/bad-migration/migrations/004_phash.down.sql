ALTER TABLE assets RENAME COLUMN phash TO dhash;
