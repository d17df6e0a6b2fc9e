/// Outputs that cannot be meant.
extension AnalyzeCommand {
  func refuseOutputs(for inputs: [String]) throws(CommandFailure) {
    if output.format == .zeek {
      throw .usage("--format zeek: not there yet; there are eve and text")
    }
    if output.write == "-" {
      guard (output.output ?? (output.logDir == nil ? "-" : "")) != "-" else {
        throw .usage("-w - needs -o FILE: packets and records cannot share standard output")
      }
      guard !StandardStream.output.isTerminal else {
        throw .usage("-w -: a capture is not for a terminal")
      }
    }
    let inputs = inputs.compactMap { FileIdentity.named($0, standard: .input) }
    for (option, path) in [("-w", output.write), ("-o", logPath)] {
      guard let path, let file = FileIdentity.named(path, standard: .output),
        inputs.contains(where: { $0.kind == .regular && $0.isSameFile(as: file) })
      else { continue }
      throw CommandFailure(.usage, "\(path): \(option) would overwrite the input")
    }
    if let write = output.write, let logPath, isSameOutput(write, logPath) {
      throw CommandFailure(.usage, "\(write): -w and the event log are the same file")
    }
  }

  /// The file of the event log; `nil` for standard output.
  var logPath: String? {
    if let path = output.output { return path == "-" ? nil : path }
    return output.logDir.map { $0 + (output.format == .text ? "/events.txt" : "/eve.json") }
  }

  private func isSameOutput(_ left: String, _ right: String) -> Bool {
    if left == right { return true }
    guard let left = FileIdentity(path: left), let right = FileIdentity(path: right) else {
      return false
    }
    return left.kind == .regular && left.isSameFile(as: right)
  }
}
