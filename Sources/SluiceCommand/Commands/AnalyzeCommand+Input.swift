import Buffers
import Capture

/// What is read.
struct AnalyzeInput {
  enum Origin {
    case files([CaptureFile])
    case interface(String)
  }

  /// For each run what it reads, and what messages call it.
  var runs: [(origin: Origin, name: String)]
  var filter: String?
  /// Files in folders, or of several, that cannot be read.
  var refused: [CaptureDamage] = []
  /// Say of all files that they are read, the later ones of `--separate` included.
  var claims: [InputClaim] = []
}

extension AnalyzeCommand {
  /// Inputs that cannot be meant.
  func refuseInputs() throws(CommandFailure) {
    if input.read.isEmpty && input.interface.isEmpty {
      throw .usage("nothing to read: sluice -r FILE, or sluice -i INTERFACE")
    }
    if !input.interface.isEmpty {
      if !input.read.isEmpty { throw .usage("-r and -i together: a capture or an interface") }
      if input.interface.count > 1 { throw .usage("-i is given twice; one interface at a time") }
      if input.separate { throw .usage("--separate is about files, not about an interface") }
    }
    let standardInputs = input.read.count { $0 == "-" }
    if standardInputs > 1 { throw .usage("-r - is given twice; there is one standard input") }
    if standardInputs == 1 && StandardStream.input.isTerminal {
      throw .usage("-r -: standard input is a terminal, not a capture")
    }
  }

  func analyzeInput(filter: String?) throws(CommandFailure) -> AnalyzeInput {
    if let interface = input.interface.first {
      return AnalyzeInput(runs: [(.interface(interface), interface)], filter: filter)
    }
    let found = try captureFiles()
    var result = AnalyzeInput(runs: [(.files(found.files), inputName)], filter: filter)
    if input.separate { result.runs = found.files.map { (.files([$0]), $0.path) } }
    result.refused = found.refused
    result.claims = found.claims
    return result
  }

  private func captureFiles() throws(CommandFailure) -> CaptureFiles {
    // What is redirected to a file in the folder is empty yet.
    let outputs = [output.write, logPath].compactMap(\.self) + ["/dev/stdout", "/dev/stderr"]
    let found: CaptureFiles
    do {
      found = try Parts.captureFiles(
        input.read, except: outputs, rotated: output.rotation == nil ? nil : output.write)
    } catch {
      throw CommandFailure(.usage, error.description)
    }
    if let path = found.overwritten.first {
      throw CommandFailure(
        .usage,
        "\(path): would be overwritten, and is a capture of the input; "
          + "write elsewhere, or take it away first")
    }
    if found.files.isEmpty { throw emptiness(found) }
    for folder in found.emptyFolders { Message.show("\(folder): holds no captures") }
    if messages.verbose > 0 && found.passedOver > 0 {
      let files = Amounts.count(found.passedOver, "file")
      Message.show("\(inputName): passed over \(files) in folders, which are no captures")
    }
    return found
  }

  private func emptiness(_ found: CaptureFiles) -> CommandFailure {
    if found.refused.isEmpty {
      return CommandFailure(.nothing, "\(inputName): nothing to analyze: holds no captures")
    }
    for damage in found.refused { Message.show("\(damage)") }
    return CommandFailure(.usage, "\(inputName): none of its captures can be opened")
  }

  /// What messages call all files together.
  private var inputName: String {
    let shown = input.read.prefix(3).joined(separator: ", ")
    return input.read.count > 3 ? "\(shown) and \(input.read.count - 3) more" : shown
  }
}
