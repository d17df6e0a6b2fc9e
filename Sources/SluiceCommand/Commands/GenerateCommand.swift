public import ArgumentParser
import Buffers
import Capture
public import Generation

/// `sluice generate`
struct GenerateCommand: SluiceSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Writes a synthetic capture, the same one for the same arguments.",
    usage: """
      sluice generate bulk|http|adverse|many -w FILE [--bytes SIZE] [--connections N] [--seed N] \
      [--ipv6] [--vlan ID]
      """,
    discussion: """
      bulk     few connections with much data
      http     many short conversations, each a request and a response
      adverse  reordered, duplicated, lost and overlapping segments, and fragments
      many     many connections at the same time, with few small segments each

      One JSON object on standard output says what was written.
      """)

  @Argument(help: "bulk, http, adverse or many.")
  var workload: Workload

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The capture: pcap, or pcapng by its ending.", valueName: "file"))
  var write: String

  @Option(help: ArgumentHelp("About how large it becomes (64M, 2G).", valueName: "size"))
  var bytes: ByteCount?

  @Option(help: ArgumentHelp("How many connections.", valueName: "n"))
  var connections: Int?

  @Option(help: ArgumentHelp("Another seed is another capture.", valueName: "n"))
  var seed: UInt64 = 1

  @Flag(help: "IPv6 in place of IPv4.")
  var ipv6 = false

  @Option(help: ArgumentHelp("A VLAN tag for all frames, 0 to 4095.", valueName: "id"))
  var vlan: UInt16?

  func validate() throws {
    if let connections, connections < 1 { throw ValidationError("--connections is less than 1") }
    if let vlan, vlan > 4095 { throw ValidationError("--vlan is more than 4095") }
  }

  func run(_ registry: AnalyzerRegistry) throws -> ExitStatus {
    if write == "-" && StandardStream.output.isTerminal {
      throw CommandFailure.usage("a capture is not for a terminal: -w FILE")
    }
    do {
      let sink = try Parts.createSink(write)
      let result = try generate(workload, options: options, into: sink)
      try sink.finish()
      report(result)
      return .done
    } catch let failure as CommandFailure {
      throw failure
    } catch let error as GenerationError {
      throw CommandFailure.usage(error.description, help: "generate ")
    } catch let error as CaptureError {
      throw CommandFailure(.failed, error.description)
    } catch {
      throw CommandFailure(.failed, "\(write): \(error)")
    }
  }

  private var options: GenerationOptions {
    GenerationOptions(
      bytes: bytes?.bytes, connections: connections, seed: seed, ipv6: ipv6, vlan: vlan)
  }

  private func report(_ result: GenerationResult) {
    var fields = [
      "\"workload\":\"\(result.workload.rawValue)\"", "\"seed\":\(result.seed)",
      "\"packets\":\(result.packets)",
    ]
    if let size = FileIdentity.named(write, standard: .output)?.size {
      fields.append("\"file_bytes\":\(size)")
    }
    fields.append("\"connections\":\(result.connections)")
    fields.append("\"stream_bytes\":\(result.streamBytes)")
    // With `-w -` standard output is the capture.
    let stream = write == "-" ? StandardStream.error : .output
    stream.write("{" + fields.joined(separator: ",") + "}\n")
  }
}

extension Workload: ExpressibleByArgument {}
