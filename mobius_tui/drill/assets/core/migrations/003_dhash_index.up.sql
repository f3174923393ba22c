CREATE INDEX assets_by_dhash ON assets (dhash);
