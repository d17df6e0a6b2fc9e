/// Opens a capture file: pcap or pcapng, or either of them compressed with gzip; recognised by
/// its content. `-` is standard input.
///
/// A file is mapped into memory, and its frames stay valid as long as the source lives. What
/// cannot be mapped is read as a stream. An input that is no capture at all is an error; one that
/// goes wrong later is read up to there, and `damages` says where.
///
/// - Parameter mapped: how much of the mapped file is in memory at a time, about.
public func openCapture(
  path: String, mapped: Int = mostMapped
) throws(CaptureError) -> any PacketSource {
  do throws(OpenProblem) {
    return try OpenedInput(path: path).source(mapped: mapped)
  } catch {
    throw CaptureError(file: path, reason: error.reason)
  }
}

/// Opens the files of an input: one as it is, several as one time line.
///
/// A named file that cannot be opened is an error; one that was found in a folder is damage.
///
/// - Parameters:
///   - name: what messages call several files together.
///   - mapped: how much of the mapped files is in memory at a time, about.
public func openCaptures(
  _ files: [CaptureFile], name: String, mapped: Int = mostMapped
) throws(CaptureError) -> any PacketSource {
  if files.count == 1, let file = files.first {
    return try openCapture(path: file.path, mapped: mapped)
  }
  return try MergedSource(files, name: name, mapped: mapped)
}

/// More of a mapped file in memory does not make it any faster to read.
public var mostMapped: Int { ReadAhead.Extent.most }
