// TesseraCT as a program: its library with storage in a folder.
//
// Its own main needs a commit of Tessera that was never released, for the tuning of a cache against duplicates. A log
// of a few certificates needs no such cache, and releases are what can be pinned and fetched everywhere.
package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/transparency-dev/tessera"
	posixlog "github.com/transparency-dev/tessera/storage/posix"
	"github.com/transparency-dev/tesseract"
	"github.com/transparency-dev/tesseract/storage"
	"github.com/transparency-dev/tesseract/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

const deadline = 10 * time.Second

func main() {
	address := flag.String("http_endpoint", "", "HOST:PORT")
	origin := flag.String("origin", "", "name of the log")
	key := flag.String("private_key", "", "file of the log's key, SEC 1 in PEM")
	roots := flag.String("roots_pem_file", "", "certificates of the authorities whose certificates are logged")
	folder := flag.String("storage_dir", "", "where the log is kept")
	flag.Parse()
	if err := serve(*address, *origin, *key, *roots, *folder); err != nil {
		log.Fatal(err)
	}
}

func serve(address, origin, keyFile, roots, folder string) error {
	ctx := context.Background()
	raw, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return errors.New("the key is no PEM")
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return err
	}
	open := func(ctx context.Context, signer note.Signer) (*storage.CTStorage, error) {
		return newStorage(ctx, signer, folder)
	}
	validation := tesseract.ChainValidationConfig{RootsPEMFile: roots, ExtKeyUsages: "CodeSigning"}
	options := tesseract.LogHandlerOpts{DedupRL: -1, MaxCertChainBytes: 512 << 10}
	handler, err := tesseract.NewLogHandler(ctx, origin, key, validation, open, deadline, false, "", options)
	if err != nil {
		return err
	}
	server := http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: deadline}
	return server.ListenAndServe()
}

func newStorage(ctx context.Context, signer note.Signer, folder string) (*storage.CTStorage, error) {
	driver, err := posixlog.New(ctx, posixlog.Config{Path: folder})
	if err != nil {
		return nil, err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCTLayout().
		WithCheckpointInterval(time.Second).
		WithBatching(tessera.DefaultBatchMaxSize, 50*time.Millisecond)
	appender, _, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return nil, err
	}
	issuers, err := posix.NewIssuerStorage(ctx, folder)
	if err != nil {
		return nil, err
	}
	return storage.NewCTStorage(ctx, &storage.CTStorageOptions{Appender: appender, Reader: reader, IssuerStorage: issuers})
}
