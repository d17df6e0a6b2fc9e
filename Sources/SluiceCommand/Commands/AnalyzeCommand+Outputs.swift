/// Outputs that cannot be meant.
extension AnalyzeCommand {
  func refuseOutputs(for inputs: [String]) throws(CommandFailure) {
    try refuseRotation()
    if output.write == "-" {
      guard (output.output ?? (output.logDir == nil ? "-" : "")) != "-" else {
        throw .usage("-w - needs -o FILE: packets and records cannot share standard output")
      }
      guard !StandardStream.output.isTerminal else {
        throw .usage("-w -: a capture is not for a terminal")
      }
    }
    let inputs = inputs.compactMap { FileIdentity.named($0, standard: .input) }
    let log = output.output == nil ? "-l" : "-o"
    let others = otherLogPaths.map { ("-l", $0) as (String, String?) }
    for (option, path) in [("-w", output.write), (log, logPath)] + others {
      guard let path, let file = FileIdentity.named(path, standard: .output),
        inputs.contains(where: { $0.kind == .regular && $0.isSameFile(as: file) })
      else { continue }
      throw CommandFailure(.usage, "\(path): \(option) would overwrite the input")
    }
    if let write = output.write, let logPath, isSameOutput(write, logPath) {
      throw CommandFailure(.usage, "\(write): -w and the event log are the same file")
    }
    try refuseStandardStreams()
  }

  /// Records, or messages, would stand in the capture.
  private func refuseStandardStreams() throws(CommandFailure) {
    guard let write = output.write, write != "-", let file = FileIdentity(path: write),
      file.kind == .regular
    else { return }
    for (stream, name) in [
      (StandardStream.output, "standard output"), (.error, "standard error"),
    ] {
      guard let other = FileIdentity(descriptor: stream.descriptor), other.isSameFile(as: file)
      else { continue }
      throw CommandFailure(.usage, "\(write): -w and \(name) are the same file")
    }
  }

  private func refuseRotation() throws(CommandFailure) {
    if output.rotateCount != nil && output.rotation == nil {
      throw .usage("--rotate-count needs --rotate-size or --rotate-time")
    }
    guard output.rotation != nil else { return }
    guard let write = output.write else {
      throw .usage("--rotate-size and --rotate-time are for the file of -w")
    }
    if write == "-" { throw .usage("-w -: standard output is not rotated") }
    if let file = FileIdentity(path: write), file.kind != .regular {
      throw CommandFailure(.usage, "\(write): is no file that can be rotated")
    }
  }

  /// The file of the event log; `nil` for standard output.
  var logPath: String? {
    if let path = output.output { return path == "-" ? nil : path }
    return output.logDir.map { "\($0)/\(output.format.fileName)" }
  }

  /// The files beside it.
  private var otherLogPaths: [String] {
    guard output.format.isZeek, let folder = output.logDir else { return [] }
    return ["\(folder)/weird.log", "\(folder)/eve.json"]
  }

  /// A Zeek log holds one kind of record: without a folder there is no place for others.
  func refuseMixedLog(of chain: [AnalyzerSpecification]) throws(CommandFailure) {
    guard output.format.isZeek, output.logDir == nil,
      let other = chain.first(where: { $0.type.name != "flow" })?.type.name
    else { return }
    throw .usage(
      "--format \(output.format.rawValue): conn.log holds flow alone;"
        + " with -l DIR the records of \(other) go to DIR/eve.json")
  }

  private func isSameOutput(_ left: String, _ right: String) -> Bool {
    if left == right { return true }
    guard let left = FileIdentity(path: left), let right = FileIdentity(path: right) else {
      return false
    }
    return left.kind == .regular && left.isSameFile(as: right)
  }
}
