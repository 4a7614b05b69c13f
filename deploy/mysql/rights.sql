-- What the service may do, table by table. Run it as root after `fundocr db upgrade`, and again
-- after an upgrade that made tables.
--
-- History is append-only: the service can add lines, and delete them with their row, which
-- forgetting needs; it cannot change one. Keys are revoked, never deleted.

GRANT SELECT, INSERT, UPDATE, DELETE ON fundocr.ocr_result TO 'fundocr'@'%';
GRANT SELECT, INSERT, DELETE ON fundocr.ocr_history TO 'fundocr'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON fundocr.ocr_batch TO 'fundocr'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON fundocr.ocr_batch_item TO 'fundocr'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON fundocr.ocr_batch_caller TO 'fundocr'@'%';
GRANT SELECT, INSERT, UPDATE ON fundocr.access_key TO 'fundocr'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON fundocr.page_session TO 'fundocr'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON fundocr.open_card TO 'fundocr'@'%';
-- Whether the tables are of this version's form.
GRANT SELECT ON fundocr.alembic_version TO 'fundocr'@'%';
